// A private world with the real bridge in it, seen from Node: stage.py holds it, this gives it orders.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./stage.py', import.meta.url));
const patience = 30_000;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `ask` answers something true, and answers that. */
export async function until(what, ask, ms = patience) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(`still not so after ${ms / 1000} s: ${what}`);
    await pause(50);
  }
}

/** A piece of SQL that is this text, whatever is in it (but NUL, which PostgreSQL refuses). */
export const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

async function ask(method, address, body, token) {
  const authorization = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(address, {
    method,
    headers: { 'Content-Type': 'application/json', ...authorization },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok)
    throw new Error(`${method} ${address}: ${response.status} ${await response.text()}`);
  return response.json();
}

export class Stage {
  #process;
  #waiting = [];
  #facts;

  /** Answers once everything runs; `settings` are the bridge's. */
  static async open(settings = {}) {
    const stage = new Stage();
    stage.#process = spawn('python3', ['-B', program, JSON.stringify(settings)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: stage.#process.stdout });
    stage.#process.on('exit', (code) => {
      for (const { reject } of stage.#waiting.splice(0))
        reject(new Error(`the stage ended with status ${code}`));
    });
    const ready = new Promise((resolve, reject) => stage.#waiting.push({ resolve, reject }));
    lines.on('line', (line) => stage.#waiting.shift()?.resolve(JSON.parse(line)));
    stage.#facts = await ready;
    return stage;
  }

  /** Of the bridge. */
  get url() {
    return this.#facts.url;
  }

  /** The number that calls come in on and go out from. */
  get number() {
    return this.#facts.number;
  }

  async #order(order) {
    const answered = new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#process.stdin.write(`${JSON.stringify(order)}\n`);
    const { answer, error } = await answered;
    if (error !== undefined) throw new Error(error);
    return answer;
  }

  sql = (text) => this.#order({ do: 'sql', text });
  tandem = (words, input = '') => this.#order({ do: 'tandem', words, input });
  log = () => this.#order({ do: 'log' });

  /** Rings; the carrier's ids. `body` as POST /calls of tests/standins. */
  start = (body = {}) => this.#order({ do: 'start_call', body });

  /** The stand-ins' control port. */
  control = (method, path, body) => ask(method, `${this.#facts.control}${path}`, body);

  /** What the carrier saw of a call, once it is over. */
  over = (sid) => this.control('GET', `/calls/${sid}/wait?seconds=60`);

  /** What programs identify themselves with, once there are users. */
  token = null;

  /** The bridge's API, as a program at its machine. */
  api = (method, path, body) => ask(method, `${this.url}${path}`, body, this.token);

  /** A running call that only listens: { sid, id, chat }, our id and that of EVI's chat. */
  async runningCall(body = {}) {
    const script = [{ do: 'wait_agent' }]; // afterwards the caller listens, and does what steps are added
    const [sid] = await this.start({ script, ...body });
    const [[id, chat]] = await until(`${sid} talks`, async () => {
      const found = await this.sql(
        `select id, chat_id from bridge.calls where call_sid = ${quoted(sid)} and chat_id is not null and stream_sid is not null`,
      );
      return found.length > 0 && found;
    });
    return { sid, id, chat };
  }

  /** In a running chat the caller (or the agent) says these words. */
  says = (chat, speaker, text) =>
    this.control('POST', `/evi/chats/${chat}/do`, {
      fault: 'send',
      text: JSON.stringify({
        type: speaker === 'user' ? 'user_message' : 'assistant_message',
        from_text: false,
        interim: false,
        message: { role: speaker, content: text },
        models: {},
        time: { begin: 4120, end: 6740 },
      }),
    });

  close() {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.stdin.end();
    return this.#process.exitCode === null ? ended : null;
  }
}
