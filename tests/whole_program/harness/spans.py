"""Spans as the receiver decoded them, and questions about them."""

import collections
import re

SERVER, CLIENT = "SERVER", "CLIENT"


class Span:
    def __init__(self, raw):
        self.raw = raw
        self.trace_id = raw["traceId"]
        self.span_id = raw["spanId"]
        self.parent_id = raw["parentSpanId"]
        self.name = raw["name"]
        self.kind = raw["kind"]
        self.attributes = raw["attributes"]
        self.resource = raw["resource"]
        self.status = raw["status"]
        self.status_message = raw["statusMessage"]
        self.links = raw["links"]
        self.trace_state = raw["traceState"]
        self.flags = raw["flags"]
        self.scope_name = raw["scope"]["name"]
        self.start = int(raw["start"])
        self.end = int(raw["end"])

    def __getitem__(self, attribute):
        return self.attributes.get(attribute)

    @property
    def service(self):
        return self.resource.get("service.name")

    @property
    def path(self):
        """The path that was asked for, on either side."""
        if self.kind == SERVER:
            return self["url.path"]
        found = re.match(r"\w+://[^/?#]+([^?#]*)", self["url.full"] or "")
        return found[1] if found else None

    @property
    def code(self):
        return self["http.response.status_code"]

    @property
    def system(self):
        """The kind of data store, if it is a call to one."""
        return self["db.system.name"]

    @property
    def summary(self):
        return self["db.query.summary"]

    @property
    def text(self):
        return self["db.query.text"]

    @property
    def operation(self):
        return self["db.operation.name"]

    @property
    def error_code(self):
        """The data store's own."""
        return self["db.response.status_code"]

    def __repr__(self):
        what = (f"{self.system}:{self.text!r}:{self.error_code}" if self.system
                else f"{self.path}:{self.code}")
        return (f"{self.service}:{self.kind}:{self.name}:{what}:{self.status} "
                f"{self.trace_id[:6]}/{self.span_id[:6]}<-{self.parent_id[:6] or 'root'}")


class Spans(list):
    """A list of spans; copies that an at-least-once exporter made are one span."""

    @classmethod
    def of(cls, raw):
        unique = {}
        for item in raw:
            unique.setdefault((item["traceId"], item["spanId"]), Span(item))
        return cls(unique.values())

    def where(self, kind=None, service=None, path=None, **attributes):
        def matches(span):
            return ((kind is None or span.kind == kind)
                    and (service is None or span.service == service)
                    and (path is None or span.path == path)
                    and all(getattr(span, name) == value for name, value in attributes.items()))

        return Spans(filter(matches, self))

    @property
    def servers(self):
        return self.where(SERVER)

    @property
    def clients(self):
        return self.where(CLIENT)

    def only(self, **query):
        """The one span that matches."""
        found = self.where(**query)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} spans match {query}, not 1; all: {list(self)}")
        return found[0]

    def in_order(self):
        return Spans(sorted(self, key=lambda span: (span.start, span.end)))

    def by_id(self):
        return {span.span_id: span for span in self}

    def parent_of(self, span):
        return self.by_id().get(span.parent_id)

    def describe(self):
        return "\n".join(map(repr, sorted(self, key=lambda span: span.start)))

    def check_tokens(self):
        """Every span's path ends in the token of its request, and every request is one trace.
        Counts the spans by their parents: right, wrong (the parent has another token or does not
        exist), none (it should have one), and root: the one span of each token that has none."""
        spans = self.by_id()
        counts = collections.Counter(right=0, wrong=0, none=0, root=0)
        wrong, rooted = [], set()
        for span in self:
            token = _token(span)
            if not span.parent_id:
                counts["none" if token in rooted else "root"] += 1
                rooted.add(token)
                continue
            parent = spans.get(span.parent_id)
            right = (parent is not None and _token(parent) == token
                     and parent.trace_id == span.trace_id and parent.kind != span.kind)
            counts["right" if right else "wrong"] += 1
            if not right:
                wrong.append((span, parent))
        return counts, wrong


def _token(span):
    return (span.path or "").rsplit("/", 1)[-1]
