// The server's side of one WebSocket (RFC 6455), as much as the fixtures need: text and binary messages of one frame,
// close. What a browser may not send ends the connection.
import { createHash } from 'node:crypto';

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** One frame of a client, or null while it is not complete; throws when it is none that we take. */
function readFrame(bytes) {
  if (bytes.length < 2) return null;
  const [isLast, opcode] = [(bytes[0] & 0x80) !== 0, bytes[0] & 0x0f];
  let [length, at] = [bytes[1] & 0x7f, 2];
  if (length === 127) throw new Error('a frame of more than 64 KiB');
  if (!isLast || (bytes[1] & 0x80) === 0) throw new Error('a fragment, or not masked');
  if (length === 126) {
    if (bytes.length < 4) return null;
    [length, at] = [bytes.readUInt16BE(2), 4];
  }
  const end = at + 4 + length;
  if (bytes.length < end) return null;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, end), 0);
  for (let index = 0; index < length; index += 1) payload[index] ^= mask[index % 4];
  return { opcode, payload, end };
}

function frame(opcode, payload) {
  const long = payload.length > 125;
  const huge = payload.length > 65_535;
  const head = Buffer.alloc(huge ? 10 : long ? 4 : 2);
  head[0] = 0x80 | opcode;
  head[1] = huge ? 127 : long ? 126 : payload.length;
  if (huge) head.writeBigUInt64BE(BigInt(payload.length), 2);
  else if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** Accepts an upgrade to `protocol`, which the client offered; `onText` gets each message, `onClose` the end, once. */
export function acceptWebSocket(request, socket, { protocol, onText, onClose }) {
  const key = request.headers['sec-websocket-key'];
  const accept = createHash('sha1').update(`${key}${magic}`).digest('base64');
  socket.setNoDelay(true);
  const headers = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    `Sec-WebSocket-Protocol: ${protocol}`,
  ];
  socket.write(`${headers.join('\r\n')}\r\n\r\n`);
  let waiting = Buffer.alloc(0);
  const close = (code = 1000) => {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    if (socket.writable) socket.end(frame(8, payload));
  };
  socket.on('data', (bytes) => {
    waiting = Buffer.concat([waiting, bytes]);
    try {
      for (let one = readFrame(waiting); one; one = readFrame(waiting)) {
        waiting = waiting.subarray(one.end);
        if (one.opcode === 8) return close();
        if (one.opcode === 1) onText(one.payload.toString());
        else if (one.opcode !== 10) throw new Error(`opcode ${one.opcode}`);
      }
    } catch (error) {
      console.log(`  the page's WebSocket: ${error.message}`);
      close(1002);
    }
    return undefined;
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', onClose);
  return {
    text: (text) => socket.writable && socket.write(frame(1, Buffer.from(text))),
    binary: (bytes) => socket.writable && socket.write(frame(2, bytes)),
    close,
    break: () => socket.destroy(),
  };
}
