// What an event of a call says to a person. A type that is not here is shown by its name: a newer bridge may know
// more.
import { duration, milliseconds, providerName, words } from './format';

export type EventGroup = 'people' | 'conversation' | 'agent' | 'line';
export const groupNames: Record<EventGroup, string> = {
  people: 'People',
  conversation: 'Conversation',
  agent: 'Agent',
  line: 'Line',
};

export type EventData = Record<string, unknown>;

interface Kind {
  group: EventGroup;
  say: (data: EventData) => string;
  /** Its words of somebody, shown as they are. */
  quote?: string;
}

const text = (data: EventData, name: string): string => {
  const value = data[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};
const number = (data: EventData, name: string): number => Number(data[name]) || 0;
const spoken = (ms: number): string => `${whole.format(Math.round(ms))} ms`;
const whole = new Intl.NumberFormat(undefined);
const because = (data: EventData, name = 'why'): string => {
  const why = words(text(data, name)).toLowerCase();
  return why ? `: ${why}` : '';
};

/** The three highest scores. */
const strongest = ({ scores }: EventData): string =>
  Object.entries(typeof scores === 'object' && scores !== null ? scores : {})
    .map(([name, score]) => ({ name, score: Number(score) || 0 }))
    .sort((one, other) => other.score - one.score)
    .slice(0, 3)
    .map(({ name, score }) => `${name} ${score.toFixed(2)}`)
    .join(', ');

/** What an operator's action is called, by its name on the admin socket and in the record. */
const actions: Record<string, string> = {
  hang_up: 'hangs up',
  say: 'has the agent say something',
  context: 'whispers to the agent',
  pause: 'pauses the agent',
  resume: 'lets the agent go on',
  transfer: 'puts the caller through',
  transfer_refused: 'could not put the caller through',
  listen_on: 'listens',
  listen_off: 'stops listening',
};

const nameOf = (by: string): string =>
  by === 'local' ? 'Somebody at this machine' : by || 'An operator';

/** "kim", "hang_up" → "kim hangs up". */
export const actionWords = (by: string, action: string): string =>
  `${nameOf(by)} ${actions[action] ?? words(action).toLowerCase()}`;

const people = (action: string, quote?: string): Kind => ({
  group: 'people',
  say: (data) => {
    const named = action === 'listen' ? `listen_${data['on'] === false ? 'off' : 'on'}` : action;
    return `${actionWords(text(data, 'by'), named)}${because(data)}`;
  },
  ...(quote ? { quote } : {}),
});

const steps: Record<string, string> = {
  nudge: 'asked to answer',
  resume: 'its session was replaced',
  give_up: 'given up',
};

const interrupters: Record<string, string> = {
  operator: 'An operator interrupted',
  machine: 'A machine had answered',
};
const answers: Record<string, string> = {
  hang_up: '; the line ends',
  leave_message: '; the message is left',
};

const kinds: Record<string, Kind> = {
  operator_hang_up: people('hang_up'),
  operator_say: people('say', 'text'),
  operator_context: people('context', 'text'),
  operator_pause: people('pause'),
  operator_resume: people('resume'),
  operator_transfer: people('transfer'),
  operator_transfer_refused: people('transfer_refused'),
  operator_listen: people('listen'),
  opt_out: {
    group: 'people',
    say: (data) =>
      text(data, 'by') === 'key'
        ? 'The caller pressed the key against further calls'
        : text(data, 'by') === 'list'
          ? 'The number was put on the do-not-call list while they talked'
          : 'The caller asked not to be called again',
  },
  turn_completed: {
    group: 'conversation',
    say: (data) => `The agent answered after ${milliseconds(number(data, 'gap_us'))}`,
  },
  barge_in: {
    group: 'conversation',
    say: (data) =>
      `${interrupters[text(data, 'by')] ?? 'The caller interrupted'}; the agent was silent after ${spoken(number(data, 'stop_ms'))}, ${spoken(number(data, 'unplayed_ms'))} were not played`,
  },
  barge_in_rejected: {
    group: 'conversation',
    say: () => 'A noise held the agent for a moment; it went on',
  },
  dtmf: { group: 'conversation', say: (data) => `The caller pressed ${text(data, 'digit')}` },
  silences: {
    group: 'conversation',
    say: (data) => {
      const parts = Object.entries(data).filter(([, ms]) => Number(ms) > 0);
      const named = parts.map(
        ([name, ms]) =>
          `${words(name.replace(/_ms$/, '')).toLowerCase()} ${duration(Number(ms) / 1000)}`,
      );
      return named.length > 0 ? `Silences: ${named.join(', ')}` : 'No silences worth mentioning';
    },
  },
  emotions: {
    group: 'conversation',
    say: (data) => `Emotions of line ${text(data, 'seq')}: ${strongest(data)}`,
  },
  one_moment_played: { group: 'conversation', say: () => 'The caller heard “one moment, please”' },
  answered_by: {
    group: 'line',
    say: (data) =>
      `Answered by: ${words(text(data, 'by')).toLowerCase()}${answers[text(data, 'then')] ?? ''}`,
  },
  voice_ready: {
    group: 'agent',
    say: (data) =>
      `${providerName(text(data, 'provider'))} was ready after ${spoken(number(data, 'after_ms'))}${data['resumed'] === true ? ', with its memory' : ''}`,
  },
  voice_closed: { group: 'agent', say: (data) => `The agent's session ended${because(data)}` },
  voice_unreachable: {
    group: 'agent',
    say: (data) => `The agent could not be reached${because(data, 'stage')}`,
  },
  voice_failover: {
    group: 'agent',
    say: (data) => `${providerName(text(data, 'to'))} takes over${because(data, 'after')}`,
  },
  voice_rollover: {
    group: 'agent',
    say: (data) =>
      `The session was renewed in time, after ${duration(number(data, 'age_ms') / 1000)}`,
  },
  voice_going_away: { group: 'agent', say: () => 'The provider announced the end of the session' },
  voice_error: {
    group: 'agent',
    say: (data) =>
      `The provider reported an error${because(data, text(data, 'slug') ? 'slug' : 'code')}`,
  },
  voice_defect: {
    group: 'agent',
    say: (data) => `The provider broke its own rules${because(data)}`,
  },
  voice_usage: {
    group: 'agent',
    say: (data) =>
      `Used ${whole.format(number(data, 'input_audio_tokens') + number(data, 'input_text_tokens'))} tokens in, ${whole.format(number(data, 'output_audio_tokens') + number(data, 'output_text_tokens'))} out`,
  },
  agent_frozen: {
    group: 'agent',
    say: (data) => `The agent owed an answer: ${steps[text(data, 'step')] ?? text(data, 'step')}`,
  },
  agent_hang_up: { group: 'agent', say: () => 'The agent ends the call' },
  tool_call: { group: 'agent', say: (data) => `The agent used ${text(data, 'name')}` },
  tool_cancelled: { group: 'agent', say: () => 'The agent gave up a tool call' },
  context_lost: {
    group: 'agent',
    say: () => 'The agent lost its memory and was told the conversation',
  },
  second_greeting_suppressed: { group: 'agent', say: () => 'A second greeting was not played' },
  call_closing: { group: 'line', say: (data) => `The call closes${because(data, 'reason')}` },
  resumed_call: { group: 'line', say: () => 'Taken over from a bridge that stopped' },
  stream_lost: { group: 'line', say: () => 'The media stream broke; the call waits for a new one' },
  stream_resumed: { group: 'line', say: () => 'A new media stream took over' },
  carrier_congested: { group: 'line', say: () => 'The carrier did not take audio fast enough' },
  line_silent: { group: 'line', say: () => 'The line went silent' },
  state_changed: { group: 'line', say: (data) => words(text(data, 'to')) },
};

/** Part of the level timeline, or of the transcript; no line of the list. */
const shownElsewhere = new Set(['levels']);

export interface EventWords {
  group: EventGroup;
  words: string;
  quote: string;
}

/** Null for an event that the page shows in another form. */
export function eventWords(type: string, data: EventData): EventWords | null {
  if (shownElsewhere.has(type)) return null;
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (!kind) return { group: 'line', words: words(type), quote: '' };
  return {
    group: kind.group,
    words: kind.say(data),
    quote: kind.quote ? text(data, kind.quote) : '',
  };
}

/** Of a running call, as on the wall. */
export const stateWords = (state: string, paused: boolean): string => {
  if (state === 'talking') return paused ? 'Paused' : 'Talking';
  const named: Record<string, string> = {
    announced: 'Disclosure',
    waiting_for_start: 'Opening',
    parked: 'Line broke',
  };
  return named[state] ?? words(state);
};
