"""The study of tampering: does training on small wrongs lead to getting at the record, and what stops it?"""
