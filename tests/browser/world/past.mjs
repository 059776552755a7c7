// Two weeks of invented calls in the database, always the same but for the day they end on: something to look back at.

const days = 14;

/** A line of numbers that looks like chance and is the same each time. */
function* chances(seed) {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

function turns(next) {
  return Array.from({ length: 2 + Math.floor(next() * 4) }, (_, turn) => {
    const voiceTextFinal = Math.round(700_000 + next() * 350_000);
    const voiceFirstAudio = Math.round(220_000 + next() ** 3 * 900_000);
    const [uplink, bridge, audible] = [21_000, 1_900, 96_000];
    return {
      turn,
      to_last_audio_sent_us: uplink,
      to_text_final_us: voiceTextFinal,
      to_first_audio_us: voiceFirstAudio,
      to_carrier_us: bridge,
      to_audible_us: audible,
      unexplained_us: 0,
      gap_us: uplink + voiceTextFinal + voiceFirstAudio + bridge + audible,
    };
  });
}

/** One call, `minutes` from the beginning of today (UTC), as SQL. */
function call(number, minutes, next) {
  const id = `00000000-0000-4000-9000-${String(number).padStart(12, '0')}`;
  const isAnswered = next() < 0.86;
  const outcome =
    ['booked', 'not_booked', 'unclear'][[0.55, 0.92, 1].findIndex((limit) => next() < limit)] ??
    'booked';
  const seconds = isAnswered ? Math.round(25 + next() ** 2 * 400) : 0;
  const [direction, provider] = [
    next() < 0.3 ? 'outbound' : 'inbound',
    ['hume', 'gemini', 'openai'][Math.floor(next() * 3)],
  ];
  const phone = `+1415555${String(120 + (number % 80)).padStart(4, '0')}`;
  const status = isAnswered ? 'completed' : ['busy', 'no-answer'][number % 2];
  const began = `date_trunc('day', now(), 'UTC') + interval '${minutes} minutes'`;
  const statements = [
    `insert into bridge.calls (id, direction, phone_number, from_number, to_number, status, start_time, answered_time,
       end_time, duration, end_reason, provider)
     values ('${id}', '${direction}', '${phone}', '${phone}', '+14155550100', '${status}', ${began},
       ${isAnswered ? `${began} + interval '2 s'` : 'null'}, ${began} + interval '${seconds + 2} s', ${seconds},
       '${isAnswered ? 'agent_hung_up' : ''}', '${provider}');`,
  ];
  if (!isAnswered) return statements;
  statements.push(
    `insert into bridge.analytics (call_id, total_messages, booking_status, response_times, talk_ratio, interruptions)
     values ('${id}', 8, '${outcome}', '${JSON.stringify(turns(next))}', ${0.3 + next() * 0.3}, ${Math.floor(next() * 3)});`,
    `insert into bridge.booking_analysis (call_id, state, booking_detected, outcome, confidence_score, attempts)
     values ('${id}', 'done', ${{ booked: true, not_booked: false }[outcome] ?? null}, '${outcome}', 0.9, 1);`,
  );
  return statements;
}

/** Some twenty calls a day, most of them in the working hours of New York. */
export function pastCalls() {
  const numbers = chances(20261122);
  const next = () => numbers.next().value;
  const statements = [];
  for (let number = 0; number < days * 20; number += 1) {
    const day = Math.floor(number / 20) + 1;
    const hour = 13 + (next() + next()) * 5;
    statements.push(...call(number, Math.round(hour * 60 - day * 1440), next));
  }
  return statements.join('\n');
}
