// The shapes of `trace/ID`, by the names that this folder uses.
export type {
  AttributeValue as Value,
  Attributes,
  Kind,
  Span,
  SpanEvent,
  SpanLink,
  TraceAnswer as Trace,
} from '../shared/answers';
