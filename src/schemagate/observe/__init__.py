"""What does the running world show: a broker, a database, a program of the repository?"""
