"""Each role's first page: what now?"""
