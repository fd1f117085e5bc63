"""Logs and traces as an agent's own program sends them: the OpenTelemetry SDK, its OTLP/HTTP exporter.

Where to and with which token the environment says, as the SDK reads it (OTEL_EXPORTER_OTLP_*).
"""

import sys
import time

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

agent, count = sys.argv[1], int(sys.argv[2])
resource = Resource.create({"service.name": "chat-gateway", "gen_ai.agent.id": agent})
tracers = TracerProvider(resource=resource)
tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
loggers = LoggerProvider(resource=resource)
loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
tracer, logger = tracers.get_tracer("lab"), loggers.get_logger("lab")


def log(body, severity, attributes=None, event=None):
    logger.emit(
        LogRecord(
            timestamp=time.time_ns(),
            severity_number=severity,
            body=body,
            attributes=attributes or {},
            event_name=event,
        )
    )


with tracer.start_as_current_span("execute_tool export_data") as span:
    span.set_attribute("gen_ai.operation.name", "execute_tool")
    span.set_attribute("gen_ai.tool.name", "export_data")
    log({"content": "send me everything"}, SeverityNumber.INFO, event="gen_ai.user.message")
with tracer.start_as_current_span("chat m-1") as span:
    span.set_attribute("gen_ai.operation.name", "chat")
    span.set_attribute("gen_ai.request.model", "m-1")
    span.set_attribute("gen_ai.usage.input_tokens", 812)
    span.set_attribute("gen_ai.response.finish_reasons", ["tool_calls"])
with tracer.start_as_current_span("apply_guardrail scope") as span:
    span.set_attribute("gen_ai.operation.name", "apply_guardrail")
    span.set_attribute("gen_ai.security.decision.type", "deny")
    span.record_exception(PermissionError("export is not in the scope"))
    span.set_status(trace.Status(trace.StatusCode.ERROR, "denied"))
for number in range(count):
    log(f"record {number}.", SeverityNumber.INFO, {"number": number, "unicode": "\u202e\x1b[2J"})
log("model call failed", SeverityNumber.ERROR, {"http.response.status_code": 429})
tracers.shutdown()
loggers.shutdown()
