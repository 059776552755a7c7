// Answers of /latency/... (web/latency_report.cpp, web/bottlenecks.cpp). Times are microseconds.
import type { Stage } from './api';

export interface Figures {
  count: number;
  p50_us: number;
  p90_us: number;
  p95_us: number;
  p99_us: number;
  max_us: number;
}

/** First value, first value of the next bucket, count. */
export type Bucket = [number, number, number];

export interface Timing extends Figures {
  name: string;
  buckets: Bucket[];
  threads: (Figures & { thread: string })[];
}

export interface Steps {
  name: string;
  p50_us: (number | null)[];
  p95_us: (number | null)[];
  p99_us: (number | null)[];
}

export interface RecentTurn {
  call_id: string;
  provider: string;
  at: string;
  offset_ms: number;
  turn: number;
  gap_us: number;
  unexplained_us: number;
  stages: Stage[];
}

export interface LatencyStats {
  window: string;
  provider: string | null;
  providers: string[];
  timings: Timing[];
  /** The window in equal steps, oldest first. */
  steps: { seconds: number; timings: Steps[] };
  turns: RecentTurn[];
}

export interface Bottleneck {
  party: 'bridge' | 'network' | 'provider' | 'carrier' | 'unexplained';
  share: number;
  us: number;
  evidence: { name: string; p95_us: number }[];
  recommendation: string;
  settings: string[];
}

export interface Bottlenecks {
  turns: number;
  turns_needed: number;
  p95_gap_us: number | null;
  problem: string | null;
  ranking: Bottleneck[];
}

export interface LatencySetting {
  name: string;
  value: number;
  default: number;
  min: number;
  max: number;
  step: number;
  means: string;
  changed_at: string | null;
  changed_by: string | null;
}

export interface LatencyConfig {
  settings: LatencySetting[];
}
