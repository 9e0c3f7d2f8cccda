"""What will a Confluent-compatible registry answer about two JSON Schemas, its errors included?"""

from schemagate.compat.json_schema.registry.verdict import judge as judge
