// Shapes of the answers, as the API documents them.
import type {Points} from './points';

export type LabelSet = Record<string, string>;

export interface Histogram {
  count: string;
  sum: string;
  buckets?: [number, string, string, string][];
}

export type Point = [number, string];
export type HistogramPoint = [number, Histogram];

export interface VectorElement {
  metric: LabelSet;
  value?: Point;
  histogram?: HistogramPoint;
}
export interface MatrixElement {
  metric: LabelSet;
  values?: Point[];
  histograms?: HistogramPoint[];
}

export interface QueryStats {
  timings: {evalTotalTime: number; execQueueTime: number; execTotalTime: number; [name: string]: number};
  samples: {totalQueryableSamples: number; peakSamples: number; samplesRead?: number};
}

export type QueryData =
  | {resultType: 'vector'; result: VectorElement[]; stats?: QueryStats}
  | {resultType: 'matrix'; result: MatrixElement[]; stats?: QueryStats}
  | {resultType: 'scalar' | 'string'; result: Point; stats?: QueryStats};

export interface RangeElement {
  metric: LabelSet;
  values?: Points | Point[];
  histograms?: HistogramPoint[];
}
export interface RangeData {
  resultType: 'matrix';
  result: RangeElement[];
  stats?: QueryStats;
}

export interface ExemplarSeries {
  seriesLabels: LabelSet;
  exemplars: {labels: LabelSet; value: string; timestamp: number}[];
}

export interface Metadata {
  type: string;
  help: string;
  unit: string;
}

export interface Alert {
  labels: LabelSet;
  annotations: LabelSet;
  state: 'firing' | 'pending';
  activeAt?: string;
  keepFiringSince?: string;
  value: string;
}

interface RuleBase {
  name: string;
  query: string;
  labels?: LabelSet;
  health: 'ok' | 'err' | 'unknown';
  lastError?: string;
  evaluationTime: number;
  lastEvaluation: string;
}
export interface AlertingRule extends RuleBase {
  type: 'alerting';
  state: 'firing' | 'pending' | 'inactive' | 'unknown';
  duration: number;
  keepFiringFor: number;
  annotations: LabelSet;
  alerts: Alert[];
}
export interface RecordingRule extends RuleBase {
  type: 'recording';
}
export type Rule = AlertingRule | RecordingRule;

export interface RuleGroup {
  name: string;
  file: string;
  rules: Rule[];
  interval: number;
  evaluationTime: number;
  lastEvaluation: string;
}

export interface Target {
  discoveredLabels: LabelSet;
  labels: LabelSet;
  scrapePool: string;
  scrapeUrl: string;
  globalUrl: string;
  lastError: string;
  lastScrape: string;
  lastScrapeDuration: number;
  health: 'up' | 'down' | 'unknown';
  scrapeInterval: string;
  scrapeTimeout: string;
}
export interface DroppedTarget {
  discoveredLabels: LabelSet;
  scrapePool: string;
}
export interface Targets {
  activeTargets: Target[];
  droppedTargets: DroppedTarget[];
  droppedTargetCounts: Record<string, number> | null;
}

export interface RelabelStep {
  rule: Record<string, unknown>;
  output: LabelSet | {name: string; value: string}[] | null;
  keep: boolean;
}

export interface NameValue {
  name: string;
  value: number;
}
export interface TsdbStatus {
  headStats: {numSeries: number; numLabelPairs?: number; chunkCount: number; minTime: number; maxTime: number};
  seriesCountByMetricName: NameValue[];
  labelValueCountByLabelName: NameValue[];
  memoryInBytesByLabelName: NameValue[];
  seriesCountByLabelValuePair: NameValue[];
}

export interface Policy {
  match?: string;
  time: string;         // Empty: for ever.
  series: number;
  bytes: number;
  expiredBytes: number;
}
export interface Retention {
  policies: Policy[];
  rest: Policy;
}

export interface QueryOrigin {
  kind: 'api' | 'rule' | 'unknown';
  client?: string;
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  rule?: {file: string; group: string};
}
export interface ActiveQuery {
  id: string;
  query: string;
  start: number;
  end: number;
  step: number;         // Seconds; 0: an instant query.
  since: number;
  age_seconds: number;
  state: 'queued' | 'running';
  samples: number;
  samples_read: number;
  bytes: number;
  origin: QueryOrigin;
}
export interface ActiveQueries {
  queries: ActiveQuery[];
  max_concurrency: number;
  memory: {used_bytes: number; limit_bytes: number};
}
export interface TopQuery {
  query: string;
  count: number;
  errors: number;
  total_seconds: number;
  max_seconds: number;
  samples: number;
  samples_read: number;
  max_peak_samples: number;
  max_peak_bytes: number;
  last: number;
  last_origin: QueryOrigin;
}

// A node of the plan; the figures from `series` on come together, for nodes that ran.
export interface ExplainNode {
  operator: string;
  detail?: string;
  start: number;        // Bytes of the expression's UTF-8.
  end: number;
  steps: number;
  series?: number;
  samples?: number;
  bytes?: number;
  samples_read?: number;
  held_bytes?: number;
  self_seconds?: number;
  total_seconds?: number;
  cache?: 'hit' | 'partial' | 'miss';
  children: ExplainNode[];
}
