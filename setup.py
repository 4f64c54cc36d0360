"""Build of the compiled parts: every module of cython_ext, from its one readable source."""

from Cython.Build import cythonize
from setuptools import setup

setup(
    ext_modules=cythonize(
        [
            "cython_ext/schedules.py",
            "cython_ext/outlooks.py",
            "cython_ext/totals.py",
            "cython_ext/fast_copy.pyx",
            "cython_ext/fast_levels.pyx",
            "cython_ext/fast_pages.pyx",
            "cython_ext/fast_wire.pyx",
        ],
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
