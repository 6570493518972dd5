/** A joint driver and its members. */
export interface JointNames {
  readonly name: string;
  readonly members: readonly string[];
}

/** A volume as an engine lists it (`GET /volumes`). */
export interface EngineVolume {
  readonly name: string;
  readonly driver: string;
}

/**
 * A sentence for each joint driver. An engine keeps the driver name that it first met a volume by, and refuses every other name
 * for it (docs/design/protocol-rules.md#names-of-an-engine). If the engine's volumes are known,
 * only those are named that it would refuse; otherwise, the sentence has the rule.
 */
export function engineNameNotes(
  joints: readonly JointNames[],
  known?: readonly EngineVolume[],
): readonly string[] {
  return joints.flatMap((joint) => {
    const others = otherNames(joint, joints);
    if (known === undefined)
      return [
        `An engine knows a volume by one driver name: let containers use ${joint.name}, or ${others.join(' and ')}, but not both for one volume.`,
      ];
    return others.flatMap((other) => {
      const volumes = known.filter(({ driver }) => driver === other).map(({ name }) => name);
      if (volumes.length === 0) return [];
      return [
        `The engine knows ${volumes.join(', ')} by the driver name ${other}, and refuses the name ${joint.name} for what is the same volume: use ${other} there, or let it forget the volume first.`,
      ];
    });
  });
}

/** Other names by which a volume of this joint driver is reached: its members, and joint drivers that share one with it. */
function otherNames(joint: JointNames, joints: readonly JointNames[]): readonly string[] {
  const sharing = joints.filter(
    (other) => other !== joint && other.members.some((member) => joint.members.includes(member)),
  );
  return [...joint.members, ...sharing.map(({ name }) => name)];
}
