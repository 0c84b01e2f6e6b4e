/**
 * Histories that differ (SPEC E7): each entry names the link its author had seen. Which devices have seen
 * what we have, and which something else, since the first that differed. Whoever stands alone is the one
 * to stop: so a split is noticed on the smaller side, and one member who lies silences nobody.
 */
import type { DeviceId } from './ids';

export interface Fork {
  /** The first seq at which somebody named another link. */
  readonly seq: number;
  readonly against: readonly DeviceId[];
  readonly agreeing: readonly DeviceId[];
}

export interface Sighting {
  readonly device: DeviceId;
  readonly seq: number;
  /** Its link at that seq is ours. */
  readonly agrees: boolean;
}

/** Undefined once nobody differs any more. */
export function withSighting(fork: Fork | undefined, sighting: Sighting): Fork | undefined {
  const { device, seq, agrees } = sighting;
  if (agrees && (fork === undefined || seq < fork.seq)) return fork;
  const others = (devices: readonly DeviceId[] = []) => devices.filter((other) => other !== device);
  const against = agrees ? others(fork?.against) : [...others(fork?.against), device];
  const agreeing = agrees ? [...others(fork?.agreeing), device] : others(fork?.agreeing);
  if (against.length === 0) return undefined;
  return { seq: Math.min(seq, fork?.seq ?? seq), against, agreeing };
}

/**
 * More devices of the group have another history than have ours. Of two none can say who is right: the one
 * with the greater id gives way, so that there is one to come back to.
 */
export function isOutvoted(fork: Fork | undefined, self: DeviceId, members: readonly DeviceId[]): boolean {
  if (fork === undefined) return false;
  const present = new Set(members);
  const against = fork.against.filter((device) => present.has(device)).length;
  const agreeing = fork.agreeing.filter((device) => present.has(device)).length;
  if (members.length <= 2) return against > 0 && members.some((other) => other < self);
  return against > agreeing + 1;
}
