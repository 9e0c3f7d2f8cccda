"""Which findings does the data verdict on two JSON Schemas have? One constant for each rule.

1xx: the reader cannot read what the writer may write. 2xx: every event is read, but something changes its meaning.
9xx: why it could not be decided.
"""

from __future__ import annotations

from typing import Final

from schemagate.findings import Rule, Severity

REQUIRED = Rule("SG-JSON-101", "required-by-reader", "the reader needs a property that the writer may leave out")
TYPE = Rule("SG-JSON-102", "type-narrowed", "the writer may send a type that the reader does not take")
VALUES = Rule("SG-JSON-103", "value-set-narrowed", "the writer may send a value that the reader does not list")
BOUND = Rule("SG-JSON-104", "number-bound", "the writer may send a number outside of the reader's bounds")
LENGTH = Rule("SG-JSON-105", "length-bound", "the writer may send a text that is too short or too long for the reader")
MULTIPLE = Rule("SG-JSON-106", "multiple-of", "the writer may send a number that is no multiple of the reader's step")
PATTERN = Rule("SG-JSON-107", "pattern", "the writer may send a text that does not match the reader's pattern")
CONSTRAINED = Rule(
    "SG-JSON-108",
    "property-constrained",
    "the reader declares a property whose name the writer's open object may already carry with another value",
)
REFUSED = Rule("SG-JSON-109", "property-refused", "the writer declares a property that the reader's object refuses")
ADDITIONAL = Rule(
    "SG-JSON-110", "additional-properties", "the writer may send undeclared properties that the reader does not take"
)
ITEMS = Rule("SG-JSON-111", "items", "the writer may send a list whose items or whose number the reader refuses")
UNIQUE = Rule("SG-JSON-112", "uniqueness", "the reader wants different items, the writer may repeat one")
CONTAINS = Rule("SG-JSON-113", "contains", "the reader wants a certain item in a list, the writer may leave it out")
NAMES = Rule("SG-JSON-114", "property-names", "the writer may use a property name that the reader refuses")
PATTERNED = Rule(
    "SG-JSON-115", "pattern-properties", "the reader constrains properties by the pattern of their name more strictly"
)
DEPENDENCY = Rule("SG-JSON-116", "dependency", "the reader needs something beside a property, the writer does not")
CONDITIONAL = Rule("SG-JSON-117", "conditional", "a condition of the reader asks more than the writer promises")
COMBINATION = Rule("SG-JSON-118", "combination", "the writer may send what no alternative of the reader takes")
NEGATION = Rule("SG-JSON-119", "negation", "the writer may send what the reader excludes with not")
COUNT = Rule("SG-JSON-120", "property-count", "the writer may send more or fewer properties than the reader takes")
NOTHING = Rule("SG-JSON-121", "nothing-accepted", "the reader accepts no value at all at a place the writer may fill")

FORMAT = Rule("SG-JSON-201", "format-changed", "format differs; it is an annotation here", Severity.WARNING)
DEFAULT = Rule("SG-JSON-202", "default-changed", "default differs: a missing value means another one", Severity.WARNING)
DRAFT = Rule("SG-JSON-203", "draft-changed", "the two schemas are written for different drafts", Severity.WARNING)
UNDECLARED = Rule("SG-JSON-204", "required-undeclared", "a required name has no property", Severity.WARNING)

DYNAMIC = Rule("SG-JSON-901", "dynamic-reference", "references that depend on the way they are reached are not decided")
UNEVALUATED = Rule(
    "SG-JSON-902", "unevaluated", "unevaluated* beside what differs, or a composition that cannot be closed"
)
COUNTING = Rule("SG-JSON-903", "counting", "counting of different items, or bounds too large to try")
REGULAR = Rule("SG-JSON-904", "undecided-pattern", "a pattern that is not portable, not regular or too large")
UNRESOLVED = Rule("SG-JSON-905", "unresolved-reference", "a $ref leads to something that is not here")
VOCABULARY = Rule("SG-JSON-906", "unknown-vocabulary", "a vocabulary or dialect inside that is not known")
RECURSION = Rule("SG-JSON-907", "undecided-recursion", "a schema that refers to itself for the same value")
DISAGREE = Rule("SG-JSON-908", "validators-disagree", "no proof, and no event that both validators agree on")
BUDGET = Rule("SG-JSON-909", "budget-spent", "the schemas are too large to decide within the budget")
MALFORMED = Rule("SG-JSON-910", "malformed-keyword", "a keyword has a value that its draft does not allow")

RULES: Final = (
    REQUIRED,
    TYPE,
    VALUES,
    BOUND,
    LENGTH,
    MULTIPLE,
    PATTERN,
    CONSTRAINED,
    REFUSED,
    ADDITIONAL,
    ITEMS,
    UNIQUE,
    CONTAINS,
    NAMES,
    PATTERNED,
    DEPENDENCY,
    CONDITIONAL,
    COMBINATION,
    NEGATION,
    COUNT,
    NOTHING,
    FORMAT,
    DEFAULT,
    DRAFT,
    UNDECLARED,
    DYNAMIC,
    UNEVALUATED,
    COUNTING,
    REGULAR,
    UNRESOLVED,
    VOCABULARY,
    RECURSION,
    DISAGREE,
    BUDGET,
    MALFORMED,
)
