/**
 * The bytes a device signs to prove its relay key (SPEC F2): label, the relay's host as the device
 * addressed it, and the nonce of this connection's hello. The host keeps one relay from using a
 * device's answer at another.
 */
import type { Bytes } from '../lib/bytes';
import { encodeCbor } from './codec';

export const RELAY_AUTH_LABEL = 'depesche/relay-auth/1';
export const RELAY_NONCE_MS = 60_000;

/** `host` as in the Host header, with a port unless it is the scheme's default. */
export function relayAuthMessage(host: string, nonce: Bytes): Bytes {
  return encodeCbor([RELAY_AUTH_LABEL, host.toLowerCase(), nonce]);
}
