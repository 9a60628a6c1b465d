// OtlpExporter: spans to any receiver of OTLP over HTTP.
// Path:    process -> [export/otlp] -> back end
// Owner:   the Collector; destroying it gives up what has not been sent, and counts that.
// Threads: one of its own does all the work; every function may be called from any thread.
// Memory:  the queue of batches, one encoded request.
// Failure: retried with back-off as OTLP says, within the export timeout, then dropped and
//          counted: `rejected`, `timeout`, `unsendable`, `partial_success`, `shutdown`.
// Source:  OTLP 1.11; OpenTelemetry specification, trace/sdk, batching processor.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "collector/export/exporter.h"
#include "collector/export/otlp/otlp_options.h"

namespace seamtrace::collector {

/// Told, in a sentence and not more than once in ten seconds, what goes wrong.
using ExportReport = std::function<void(std::string_view)>;

/// `report` may be empty; it is called from the exporter's thread.
std::unique_ptr<Exporter> make_otlp_exporter(OtlpOptions options, ExportReport report);

}  // namespace seamtrace::collector
