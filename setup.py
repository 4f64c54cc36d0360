"""Build of the compiled parts: every module of cython_ext, from its one readable source."""

from Cython.Build import cythonize
from setuptools import setup

setup(
    ext_modules=cythonize(
        ["cython_ext/[a-z]*.py"],
        language_level=3,
        compiler_directives={
            "annotation_typing": False,
            "boundscheck": False,
            "cdivision": True,
            "embedsignature": True,
            "wraparound": False,
        },
    )
)
