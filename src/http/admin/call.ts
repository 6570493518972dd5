import type * as z from 'zod/mini';

/** Everything that a client must know about one call of the admin API. */
export interface Call<Answer extends z.ZodMiniType = z.ZodMiniType> {
  readonly method: 'get' | 'post' | 'delete';
  /** As Express writes it: `/v1/drivers/:driver`. */
  readonly path: string;
  /** For the documentation: what the call does. */
  readonly does: string;
  readonly query?: z.ZodMiniObject;
  /** The fields of a JSON object; a missing body counts as `{}`. */
  readonly body?: z.ZodMiniObject;
  /** 200 if absent. */
  readonly status?: 201;
  readonly answer: Answer;
  /** JSON if absent. */
  readonly type?: 'text/plain';
  /** The status is a verdict: 503 has an answer of the same form. */
  readonly verdict?: true;
}
