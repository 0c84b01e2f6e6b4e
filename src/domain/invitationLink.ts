/**
 * The link and QR of an invitation (SPEC J1): everything stands in the fragment, which browsers do not
 * send to servers. `#/beitreten/<base64url of CBOR [1, secret, expiry, founding hash]>`, and
 * `#/einrichten/<token>` for the relay's one-time set-up link.
 */
import * as v from 'valibot';
import { base64UrlToBytes, bytesToBase64Url, type Bytes } from '../lib/bytes';
import { encodeCbor } from '../protocol/codec';
import { bytesOf, parseCbor, uint } from '../protocol/fields';

export interface InvitationLink {
  readonly origin: string;
  readonly secret: Bytes;
  readonly expiresAt: number;
  readonly founding: Bytes;
}

const schema = v.strictTuple([v.literal(1), bytesOf(32), uint, bytesOf(32)]);

/** What stands in front of the fragment is looked through this far and no further. */
const LONGEST_ADDRESS = 2_048;

export type ParsedLink =
  | { readonly type: 'setup'; readonly origin: string; readonly token: Bytes }
  | { readonly type: 'invitation'; readonly invitation: InvitationLink }
  | { readonly type: 'damaged' }
  | { readonly type: 'none' };

export function invitationLinkText(link: InvitationLink): string {
  const payload = bytesToBase64Url(encodeCbor([1, link.secret, link.expiresAt, link.founding]));
  return `${link.origin}/#/beitreten/${payload}`;
}

/**
 * Also finds the link inside a longer message, as people paste it, and inside another address that a
 * mail program has put around it, percent-encoded as it then is.
 */
export function parseLink(text: string, ownOrigin: string): ParsedLink {
  const asWritten = parseWritten(text, ownOrigin);
  const isWhole = asWritten.type === 'setup' || asWritten.type === 'invitation';
  return isWhole || !text.includes('%') ? asWritten : parseWritten(percentDecoded(text), ownOrigin);
}

function parseWritten(text: string, ownOrigin: string): ParsedLink {
  const match = /#\/(einrichten|beitreten)\/([A-Za-z0-9_-]*)/.exec(text);
  const [, kind, payload = ''] = match ?? [];
  if (match === null) return text.trim() === '' ? { type: 'none' } : { type: 'damaged' };
  const origin = originBefore(text.slice(0, match.index), ownOrigin);
  const bytes = base64UrlToBytes(payload);
  if (bytes === undefined || origin === undefined) return { type: 'damaged' };
  if (kind === 'einrichten')
    return bytes.length === 32 ? { type: 'setup', origin, token: bytes } : { type: 'damaged' };
  const parsed = parseCbor(schema, bytes);
  if (!parsed.ok) return { type: 'damaged' };
  const [, secret, expiresAt, founding] = parsed.value;
  return { type: 'invitation', invitation: { origin, secret, expiresAt, founding } };
}

/**
 * Of the address that ends where the fragment begins; `ownOrigin` when there is none, undefined when it
 * is not one a device may go to. Scheme and host are the same in any case; a query was put there by
 * whoever passed the link on.
 */
function originBefore(text: string, ownOrigin: string): string | undefined {
  const word = text.slice(-LONGEST_ADDRESS).split(/\s/).at(-1) ?? '';
  const start = word.toLowerCase().search(/https?:\/\/(?!.*https?:\/\/)/);
  if (start < 0) return ownOrigin;
  const parts = /^(https?:\/\/[^/?@\\%]+)((?:\/[^?]*)?)(?:\?.*)?$/i.exec(word.slice(start));
  const [, host, path = ''] = parts ?? [];
  return host === undefined ? undefined : host.toLowerCase() + path.replace(/\/$/, '');
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
