// GET /api/v1/analytics (web/render_report.cpp). Whole hours in UTC; null stands for "not known".
export interface Counts {
  calls: number;
  answered: number;
  booked: number;
  not_booked: number;
  answer_rate: number | null;
  /** Booked among those with a clear verdict. */
  booking_rate: number | null;
}

export interface Spread {
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface Figures extends Counts {
  unclear: number;
  unjudged: number;
  interruptions: number;
  talk_ratio: number;
  duration_s: Spread;
  turn_gap_ms: Spread;
}

export type BucketWidth = 'hour' | 'day' | 'week';

export interface Report {
  from: string;
  to: string;
  bucket: BucketWidth;
  total: Figures;
  buckets: (Figures & { start: string })[];
  by_provider: (Figures & { provider: string | null })[];
  by_hour_of_day: (Counts & { hour: number })[];
  by_weekday: (Counts & { weekday: number })[];
}
