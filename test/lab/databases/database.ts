/** A database server of Debian, to be a writer in a volume. */
export interface DatabaseKind {
  readonly name: string;
  /** Makes an empty database in an empty folder of `databaseUser`. */
  create(folder: string): Promise<void>;
  /** Starts a server on what is there; it recovers first if it must. Only a private Unix socket leads to it. */
  start(folder: string): Promise<Database>;
}

export interface Database {
  /** Opens a client. Its statements run one after the other. */
  client(): SqlClient;
  /** Runs the database's own check of everything in it. Throws for the first fault. */
  check(): Promise<void>;
  /** A load of the database's own kind beside that of the clients, if it has one. Ends with the server. */
  busy(): Promise<void>;
  /** Ends it in an orderly way. */
  stop(): Promise<void>;
  /** Kills it if it still runs. */
  kill(): Promise<void>;
}

export interface SqlClient {
  /** Resolves with the first line of output, once the server has answered. Rejects for an error of SQL, after which the client is dead. */
  ask(sql: string): Promise<string>;
  end(): Promise<void>;
}

/** `nobody` and `nogroup` of Debian: PostgreSQL does not run as root. */
export const databaseUser = { uid: 65534, gid: 65534 } as const;
