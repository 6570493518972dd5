import { describe, expect, test } from '@jest/globals';
import { type Ec2Action, ec2Actions, permissionsFor } from '../../../../src/backends/ebs/ec2/actions.ts';
import {
  doneCodes,
  goneCodes,
  isDone,
  isGone,
  throttlingCodes,
  troubleCodes,
} from '../../../../src/backends/ebs/ec2/codes.ts';
import { readFailure } from '../../../../src/backends/ebs/ec2/failure.ts';
import { explainRefusal, refusalOf, refusals } from '../../../../src/backends/ebs/ec2/refusals.ts';

/** An exception as the SDK throws it. */
function thrown(name: string, httpStatusCode: number, message = 'no') {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

function explained(action: Ec2Action, name: string, message?: string) {
  const failure = readFailure(action, thrown(name, 400, message));
  if (failure.kind !== 'refused') throw new Error(`it is ${failure.kind}`);
  return explainRefusal('Volume db could not be mounted', failure.error);
}

describe('the error codes of EC2', () => {
  test.each<readonly [string, Ec2Action, 'done' | 'refused']>([
    ['InvalidVolume.NotFound', 'DetachVolume', 'done'],
    ['InvalidVolume.NotFound', 'DeleteVolume', 'done'],
    ['InvalidVolume.NotFound', 'AttachVolume', 'refused'],
    ['IncorrectState', 'DetachVolume', 'done'],
    ['IncorrectState', 'AttachVolume', 'refused'],
    ['IncorrectState', 'DeleteVolume', 'refused'],
    ['InvalidAttachment.NotFound', 'DetachVolume', 'done'],
    ['VolumeInUse', 'DeleteVolume', 'refused'],
    ['VolumeInUse', 'AttachVolume', 'refused'],
  ])('%s of %s is %s', (code, action, meaning) => {
    expect(isDone(action, code)).toBe(meaning === 'done');
    expect(readFailure(action, thrown(code, 400))).toMatchObject({
      kind: 'refused',
      error: { code, action },
    });
  });

  test.each<readonly [string, Ec2Action]>([
    ['InvalidVolume.NotFound', 'DescribeVolumes'],
    ['InvalidInstanceID.NotFound', 'DescribeInstances'],
    ['InvalidSnapshot.NotFound', 'DescribeSnapshots'],
    ['InvalidInstanceType', 'DescribeInstanceTypes'],
  ])('%s of %s means that there is no such thing', (code, action) => {
    expect(isGone(action, code)).toBe(true);
    expect(isGone('AttachVolume', code)).toBe(false);
  });

  test('of the tables belong to actions that are used', () => {
    for (const action of [...Object.keys(doneCodes), ...Object.keys(goneCodes)])
      expect(ec2Actions).toContain(action);
  });

  test.each([...throttlingCodes])('rule 13: %s is throttling: retry later', (code) => {
    expect(readFailure('AttachVolume', thrown(code, 503))).toMatchObject({
      kind: 'throttled',
      error: { code },
    });
  });
  test.each([...troubleCodes])(
    '%s is a failure of EC2: nobody knows whether the request took effect',
    (code) => {
      expect(readFailure('AttachVolume', thrown(code, 500)).kind).toBe('lost');
    },
  );
  test.each([
    ['InsufficientVolumeCapacity', 500],
    ['Client.VolumeInUse', 400],
    ['Server.InsufficientVolumeCapacity', 503],
  ])('%s is an answer, even with HTTP status %i', (code, status) => {
    expect(readFailure('CreateVolume', thrown(code, status))).toMatchObject({
      kind: 'refused',
      error: { code: code.replace(/^\w+\.(?=[VI])/, '') },
    });
  });
  test.each([
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'lost'],
    [Object.assign(new Error('x'), { name: 'TimeoutError' }), 'lost'],
    [thrown('UnknownError', 502), 'lost'],
    [Object.assign(new Error('x'), { $metadata: { httpStatusCode: 200 } }), 'lost'],
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'unreachable'],
    [Object.assign(new Error('x'), { code: 'ENOTFOUND' }), 'unreachable'],
    [Object.assign(new Error('x'), { name: 'CredentialsProviderError' }), 'no-credentials'],
    [new TypeError('x is not a function'), 'unknown'],
    ['a text', 'unknown'],
    [undefined, 'unknown'],
  ])('%p is %s', (error, kind) => {
    expect(readFailure('AttachVolume', error).kind).toBe(kind);
  });
});

describe('what a refusal says to the user', () => {
  test.each<readonly [string, string, RegExp]>([
    ['InvalidVolume.NotFound', 'not-found', /there is no such EBS volume/],
    ['InvalidInstanceID.NotFound', 'not-found', /no such instance/],
    ['VolumeInUse', 'in-use', /attached to another instance/],
    [
      'AttachmentLimitExceeded',
      'unavailable',
      /as many volumes attached as its type allows.*larger instance type/,
    ],
    ['InvalidVolume.ZoneMismatch', 'invalid', /another availability zone.*snapshot/],
    ['OperationNotPermitted', 'unavailable', /is being modified.*wait/],
    ['VolumeModificationRateExceeded', 'unavailable', /four modifications in 24 hours/],
    ['VolumeLimitExceeded', 'unavailable', /a quota of the account.*Service Quotas/],
    ['SomeNewLimitExceeded', 'unavailable', /quota/],
    ['InvalidParameterValue', 'invalid', /correct the option or setting/],
    ['InvalidParameterCombination', 'invalid', /EC2 does not accept it/],
    ['AuthFailure', 'unavailable', /credentials/],
    ['RequestExpired', 'unavailable', /clock/],
    ['SomethingNew', 'failed', /EC2 refused it/],
  ])('%s is %s', (name, code, message) => {
    expect(explained('AttachVolume', name)).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(explained('AttachVolume', name, 'its words').message).toMatch(
      new RegExp(`^Volume db could not be mounted: .*\\(EC2 AttachVolume: ${name}: its words\\): .*\\.$`),
    );
  });
  test.each([...refusals.keys()])('%s has a way out', (code) => {
    expect(refusalOf(code).wayOut).toMatch(/^\w/);
  });

  test('UnauthorizedOperation names the IAM action that is missing', () => {
    const words = explained('AttachVolume', 'UnauthorizedOperation', 'You are not authorized.').message;
    expect(words).toContain('lacks `ec2:AttachVolume` (You are not authorized.)');
    expect(explained('CreateVolume', 'Client.UnauthorizedOperation').message).toContain(
      'lacks `ec2:CreateVolume` or `ec2:CreateTags`',
    );
  });
  test.each([...ec2Actions])('%s has its own permission', (action) => {
    expect(permissionsFor(action)).toContain(`ec2:${action}`);
  });
});
