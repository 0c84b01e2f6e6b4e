/**
 * The link and QR of an invitation (SPEC J1): everything stands in the fragment, which browsers do not
 * send to servers. `#/beitreten/<base64url of CBOR [1, secret, expiry, founding hash]>`, and
 * `#/einrichten/<token>` for the relay's one-time set-up link.
 */
import * as v from 'valibot';
import { base64UrlToBytes, bytesToBase64Url, type Bytes } from '../lib/bytes';
import { decodeCbor, encodeCbor } from '../protocol/codec';

export interface InvitationLink {
  readonly origin: string;
  readonly secret: Bytes;
  readonly expiresAt: number;
  readonly founding: Bytes;
}

const bytes32 = v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === 32, '32 bytes');
const schema = v.strictTuple([
  v.literal(1),
  bytes32,
  v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  bytes32,
]);

export type ParsedLink =
  | { readonly type: 'setup'; readonly origin: string; readonly token: Bytes }
  | { readonly type: 'invitation'; readonly invitation: InvitationLink }
  | { readonly type: 'damaged' }
  | { readonly type: 'none' };

export function invitationLinkText(link: InvitationLink): string {
  const payload = bytesToBase64Url(encodeCbor([1, link.secret, link.expiresAt, link.founding]));
  return `${link.origin}/#/beitreten/${payload}`;
}

/** Also finds the link inside a longer message, as people paste it. */
export function parseLink(text: string, ownOrigin: string): ParsedLink {
  const match = /(?:(https?:\/\/[^\s#]+?)\/?)?#\/(einrichten|beitreten)\/([A-Za-z0-9_-]*)/.exec(text);
  const [, origin = ownOrigin, kind, payload = ''] = match ?? [];
  if (kind === undefined) return text.trim() === '' ? { type: 'none' } : { type: 'damaged' };
  const bytes = base64UrlToBytes(payload);
  if (bytes === undefined) return { type: 'damaged' };
  if (kind === 'einrichten')
    return bytes.length === 32 ? { type: 'setup', origin, token: bytes } : { type: 'damaged' };
  const value = decodeCbor(bytes);
  const parsed = value.ok ? v.safeParse(schema, value.value) : undefined;
  if (parsed?.success !== true) return { type: 'damaged' };
  const [, secret, expiresAt, founding] = parsed.output;
  return { type: 'invitation', invitation: { origin, secret, expiresAt, founding } };
}
