// One message of live audio, as the admin socket sends it (docs/admin-socket.md), and G.711 µ-law (ITU-T G.711).
export const phoneRate = 8000;
export const samplesPerMs = phoneRate / 1000;

export type Track = 'caller' | 'agent';
const tracks: readonly Track[] = ['caller', 'agent'];

export interface AudioPacket {
  track: Track;
  /** Which call, for as long as the connection lasts (`handle` of its LiveCall). */
  handle: number;
  /** Of its first sample, in milliseconds of the call. */
  offsetMs: number;
  ulaw: Uint8Array;
}

const headerBytes = 12;

/** u8 version, u8 track, u16 reserved, u32 handle, u32 offset_ms, all big endian; then µ-law. null: not readable. */
export function readPacket(message: ArrayBuffer): AudioPacket | null {
  if (message.byteLength < headerBytes) return null;
  const header = new DataView(message);
  const track = tracks[header.getUint8(1)];
  if (header.getUint8(0) !== 1 || !track) return null;
  return {
    track,
    handle: header.getUint32(4),
    offsetMs: header.getUint32(8),
    ulaw: new Uint8Array(message, headerBytes),
  };
}

/** The value of one µ-law byte, from -1 to 1. */
function linear(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4);
  return (bits & 0x80 ? 0x84 - magnitude : magnitude - 0x84) / 32_768;
}

export const linearOfUlaw: Float32Array = Float32Array.from({ length: 256 }, (_, byte) =>
  linear(byte),
);
