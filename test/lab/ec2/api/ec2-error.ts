/**
 * EC2's refusals. The codes are those of "Error codes for the Amazon EC2 API" (errors-overview). The messages are as quoted by
 * users of the real EC2, unless a comment says that the wording is ours.
 */
export class Ec2Error extends Error {
  override readonly name = 'Ec2Error';
  readonly code: string;
  /** The HTTP status. */
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export function invalidValue(message: string): Ec2Error {
  return new Ec2Error('InvalidParameterValue', message);
}

export function missing(parameter: string): Ec2Error {
  return new Ec2Error('MissingParameter', `The request must contain the parameter ${parameter}`);
}

export function incorrectState(message: string): Ec2Error {
  return new Ec2Error('IncorrectState', message);
}

export function throttled(): Ec2Error {
  return new Ec2Error('RequestLimitExceeded', 'Request limit exceeded.', 503);
}
