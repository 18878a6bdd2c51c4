"""The signs of BPMN, as paths on a field of 16 by 16 around its middle (0, 0)."""

from collections.abc import Mapping

# What is drawn with a line only, and what is filled when the event throws.
TASKS: Mapping[str, str] = {
    "userTask": "M-6 7C-6 2-3 1 0 1S6 2 6 7zM0 -1A3.300 3.300 0 1 1 .1-1z",
    "serviceTask": "M-2 -7h4l.6 2.300 2 1.100 2.300-.7 2 3.400-1.700 1.600v2.200l1.700 1.600-2 3.400-2.300-.7"
    "-2 1.100L2 9h-4l-.6-2.300-2-1.100-2.300.7-2-3.400 1.700-1.600V.1l-1.700-1.600 2-3.400 2.300.7 2-1.100z"
    "M0 -1.600A2.600 2.600 0 1 0 .1-1.600z",
    "sendTask": "M-7 -5H7V5H-7zM-7 -5 0 1 7 -5",
    "receiveTask": "M-7 -5H7V5H-7zM-7 -5 0 1 7 -5",
    "manualTask": "M-7 0-3 -5C-2 -6.200-.5 -5-1.500 -3.800L-3 -2H6C7.300 -2 7.300 0 6 0H7C8.200 0 8.200 2 7 2"
    "H6.200C7.400 2 7.400 3.800 6.200 3.800H5.200C6.200 3.800 6.200 5.500 5.200 5.500H-3C-5 5.500-7 4-7 0z",
    "scriptTask": "M-3 -7H6C3 -4 3 -2 5 1S6 6 4 7H-6C-4 5-3 3-5 0S-6 -5-3 -7zM-3 -3.500H2.500M-2.500 0H3M-2 3.500H3.500",
    "businessRuleTask": "M-7 -6H7V6H-7zM-7 -2.500H7M-7 1.800H7M-2.500 -2.500V6",
}
# Filled even in their own task: what is sent.
DARK_TASKS = frozenset({"sendTask"})
EVENTS: Mapping[str, str] = {
    "message": "M-8 -5.500H8V5.500H-8zM8 -5.500 0 1-8 -5.500",
    "timer": "M0 -9A9 9 0 1 0 .1-9zM0 -5.500V0L3.500 2.500M0 -9v2M0 9V7M-9 0h2M9 0H7",
    "signal": "M0 -8 8.500 6H-8.500z",
    "error": "M-8 7-4 -8 2 2 8 -7 4 8-2 -2z",
    "escalation": "M0 -9 6.500 8 0 1.500-6.500 8z",
    "conditional": "M-6 -8H6V8H-6zM-4 -4.500H4M-4 -1.500H4M-4 1.500H4M-4 4.500H4",
    "link": "M-8 -3H1V-7L9 0 1 7V3H-8z",
    "compensate": "M0 -6V6L-8 0zM8 -6V6L0 0z",
    "cancel": "M-7 -5-5 -7 0 -2 5 -7 7 -5 2 0 7 5 5 7 0 2-5 7-7 5-2 0z",
    "multiple": "M0 -8.500 8 -2.500 5 7H-5L-8 -2.500z",
    "parallelMultiple": "M-2 -8H2V-2H8V2H2V8H-2V2H-8V-2H-2z",
}
GATEWAYS: Mapping[str, str] = {
    "exclusiveGateway": "M-7 -8-8 -7-2 0-8 7-7 8 0 2.200 7 8 8 7 2 0 8 -7 7 -8 0 -2.200z",
    "parallelGateway": "M-1.600 -10H1.600V-1.600H10V1.600H1.600V10H-1.600V1.600H-10V-1.600H-1.600z",
    "complexGateway": "M-1.200 -10H1.200V-3L6 -7.700 7.700 -6 3 -1.200H10V1.200H3L7.700 6 6 7.700 1.200 3V10H-1.200V3"
    "L-6 7.700-7.700 6-3 1.200H-10V-1.200H-3L-7.700 -6-6 -7.700-1.200 -3z",
}
# Small signs at the lower side of an activity, on a field of 12 by 12.
MARKERS: Mapping[str, str] = {
    "parallel": "M-4 -5V5M0 -5V5M4 -5V5",
    "sequential": "M-5 -4H5M-5 0H5M-5 4H5",
    "loop": "M-2 5A5 5 0 1 1 2.500 4.600M-2 5-5 5.500M-2 5-2.300 2",
    "compensation": "M0 -4V4L-5 0zM5 -4V4L0 0z",
    "closed": "M-6 -6H6V6H-6zM-4 0H4M0 -4V4",
    "adHoc": "M-6 1C-4 -3-2 -3 0 0S4 3 6 -1",
}
ENVELOPE = "M-9 -6H9V6H-9zM-9 -6 0 1 9 -6"
ARROW = "M-7 -3H1V-6L7 0 1 6V3H-7z"
FILLED_MARKERS = frozenset({"compensation"})
CHECK = "M-3.600 .2-1.200 2.800 3.800 -2.700"
