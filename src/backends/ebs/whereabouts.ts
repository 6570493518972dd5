/** Which machine this is, in EC2's words: from the settings, else from IMDSv2, asked once. */
export interface Whereabouts {
  readonly region: string;
  /** Availability zone. */
  readonly zone: string;
  readonly instanceId: string;
}
