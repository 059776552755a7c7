// What the admin socket says (docs/admin-socket.md; its JSON Schema is at /admin/v1/schema.json). null stands for "not
// known".
import type { Turn } from './api';

export interface LiveLine {
  seq: number;
  speaker: 'user' | 'assistant';
  text: string;
  offset_ms: number;
  audio_ms: number | null;
  heard_ms: number | null;
  heard_ratio: number | null;
}

export interface FrameStats {
  caller_frames_in: number;
  caller_frames_sent: number;
  caller_frames_dropped: number;
  agent_ms_received: number;
  agent_ms_sent: number;
  agent_ms_cut: number;
  /** Of the last second; -99 is silence. */
  caller_dbfs: number;
  agent_dbfs: number;
  uplink_p99_us: number;
  downlink_p99_us: number;
  voice_outbox_bytes: number;
  carrier_outbox_bytes: number;
}

export interface LiveCall {
  call_id: string;
  /** Names the call in messages of audio, for as long as the connection lasts. */
  handle: number;
  direction: 'inbound' | 'outbound' | null;
  phone_number: string | null;
  from_number: string | null;
  to_number: string | null;
  provider: string | null;
  purpose: string | null;
  state: string;
  started_at: string;
  answered_at: string | null;
  paused: boolean;
  /** Who listens. */
  listeners: string[];
  lines: LiveLine[];
  turns: Turn[];
  stats: FrameStats | null;
}

/** An event of a call's record, as GET /api/v1/calls/{id}/events has it. */
export interface CallEvent {
  seq: number;
  event_type: string;
  event_data: Record<string, unknown>;
  timestamp: string;
  offset_ms: number;
}

export interface NodeStatus {
  node: string;
  version: string;
  role: string;
  name: string;
  calls: number;
  draining: boolean;
  spool_fill: number;
  database: 'ok' | 'behind' | 'away';
}

/** What is said of one call. */
export type CallNews =
  | { type: 'call_started'; call: LiveCall }
  | { type: 'state_changed'; state: string; end_reason: string | null }
  | { type: 'transcript'; line: LiveLine }
  | { type: 'turn_completed'; turn: Turn }
  | { type: 'barge_in_resolved'; result: string }
  | { type: 'voice_leg_reconnected'; provider: string }
  | { type: 'frame_stats'; stats: FrameStats }
  | { type: 'operator_action'; by: string; action: string }
  | { type: 'call_ended'; end_reason: string | null; duration_ms: number }
  | { type: 'call_analyzed'; label: string; confidence: number | null };

export interface CommonMembers {
  seq: number;
  ts_ms: number;
  offset_ms: number | null;
}

export type CallMessage = CallNews & CommonMembers & { call_id: string };

export type ServerMessage =
  | CallMessage
  | (CommonMembers & { call_id: string | null } & (
        | ({ type: 'node_status' } & NodeStatus)
        | { type: 'snapshot'; calls: LiveCall[]; dropped?: number }
        | { type: 'ack'; id: string }
        | { type: 'error'; id: string | null; code: string; message: string }
      ));

export type Command =
  | { type: 'hangup' | 'pause_agent' | 'resume_agent' }
  | { type: 'say' | 'context'; text: string }
  | { type: 'transfer'; to: string; note?: string }
  | { type: 'listen'; on: boolean };
