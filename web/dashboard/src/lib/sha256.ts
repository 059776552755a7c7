/** SHA-256 of a file, 64 hexadecimal digits. Nothing where the browser has no way to hash: a page that is neither
 *  from this machine nor over TLS. */
export async function sha256Of(file: Blob): Promise<string | null> {
  if (!globalThis.isSecureContext) return null;
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
