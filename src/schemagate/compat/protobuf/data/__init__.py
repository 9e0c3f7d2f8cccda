"""The data verdict on Protobuf: does every value arrive as the same value?"""

from schemagate.compat.protobuf.data.verdict import judge as judge
