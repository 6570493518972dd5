/** The terminal that shows the result. */
export interface Terminal {
  readonly columns: number;
  /** False if `NO_COLOR` is set (no-color.org). */
  readonly hasColours: boolean;
}
