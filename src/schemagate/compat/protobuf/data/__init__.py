"""The data verdict on Protobuf: does every value arrive as the same value?"""
