"""Build of the compiled parts: every module of cython_ext, from its one readable source."""

from Cython.Build import cythonize
from setuptools import setup

setup(
    ext_modules=cythonize(
        ["cython_ext/[a-z]*.py"],
        language_level=3,
        compiler_directives={"boundscheck": False, "wraparound": False, "embedsignature": True},
    )
)
