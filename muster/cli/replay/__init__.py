"""`muster replay`: real incidents at sea, each turned into a request at its place and time.

Made for the columns of Benden, P., Feng, A., Howell, C., & Dalla Riva, G. V. (2021): Crime at Sea:
A Global Database of Maritime Pirate Attacks (1993-2020). Journal of Open Humanities Data, 7: 19,
https://doi.org/10.5334/johd.39, licensed CC BY 4.0. The data itself is no part of Muster. Names of
real vessels are never read.
"""
