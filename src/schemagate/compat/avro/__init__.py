"""What will a registry answer about two Avro schemas, and can the reader really read the data?"""
