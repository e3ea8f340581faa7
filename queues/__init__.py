"""Who is offered to whom: skills, waiting order, the choice of a seat and the expected wait.

Pure: no clock, no I/O, no randomness. The live line and every simulation run this very code.
"""
