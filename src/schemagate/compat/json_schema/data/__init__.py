"""Can the reader really read everything that the writer may write? A yes is proved, a no comes with an event."""

from schemagate.compat.json_schema.data.verdict import judge as judge
