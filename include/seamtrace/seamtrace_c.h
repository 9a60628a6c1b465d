/* The C face of libseamtrace.so: what a program may ask of the agent inside it.
 * Plain C99, no C++ types, fixed sizes: it is the stable border between a
 * program and whichever version of the library it finds at run time.
 * C++ programs use seamtrace.h, which finds these functions by name and does
 * without them where the library is missing.
 */
#ifndef SEAMTRACE_SEAMTRACE_C_H_
#define SEAMTRACE_SEAMTRACE_C_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SEAMTRACE_STATUS_COUNTERS 64

struct seamtrace_counter_v1 {
  char name[48]; /* as wire/counters.def spells it, NUL-terminated */
  uint64_t value;
};

/* All texts are NUL-terminated and cut to fit; lists are separated by commas. */
struct seamtrace_status_v1 {
  uint32_t size;             /* set by the caller: sizeof(struct seamtrace_status_v1) */
  uint32_t active;           /* 1: requests are traced */
  uint32_t propagation_only; /* 1: OTEL_SDK_DISABLED, context is passed on and nothing recorded */
  uint32_t collector_reachable; /* 1: a collector visited the segment within the last seconds */
  uint32_t counter_count;       /* entries of `counters` that are filled */
  uint32_t reserved;
  char service[256];          /* service.name as the environment gives it */
  char sampler[32];           /* as OTEL_TRACES_SAMPLER names it */
  char instrumentations[256]; /* the enabled ones, e.g. "http" */
  char exporters[256];        /* as OTEL_TRACES_EXPORTER names them, e.g. "otlp" */
  struct seamtrace_counter_v1 counters[SEAMTRACE_STATUS_COUNTERS];
};

/* Makes the agent ready now instead of at the first traced byte. May be called at any time,
 * from any thread, and again. Returns 1 when tracing is active, 0 when it is off. */
int seamtrace_bootstrap(void);

/* 1 when requests are being traced, else 0. Starts nothing. */
int seamtrace_is_enabled(void);

/* Fills *out as far as out->size reaches. Returns 1 when it was filled; 0 when out is null
 * or out->size is smaller than what version 1 needs. */
int seamtrace_status(struct seamtrace_status_v1* out);

#ifdef __cplusplus
}
#endif

#endif /* SEAMTRACE_SEAMTRACE_C_H_ */
