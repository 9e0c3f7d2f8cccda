"""What does an Avro schema say? Text in, nodes with full names out; what the specification forbids is named apart.

parse(text, file)     the nodes, as leniently as registries and libraries read; SchemaError for the rest
problems(schema)      what the specification 1.12 forbids although libraries accept it
canonical(schema)     the text that a registry stores
"""

from __future__ import annotations

from schemagate.schema.avro.canonical import canonical as canonical
from schemagate.schema.avro.nodes import AvroSchema as AvroSchema
from schemagate.schema.avro.parse import parse as parse
from schemagate.schema.avro.problems import problems as problems
