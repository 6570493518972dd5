export interface RecoveryStep {
  readonly action: 'restage' | 'unstage' | 'forget' | 'adopt';
  readonly volume: string;
  /** The facts it was decided by, in words. */
  readonly why: string;
}
