"""Generate the Python code of the protos into protos/generated, or lint them with buf.

`generate.py` writes modules; `generate.py --lint` runs `buf lint` and `buf format` on the sources;
`generate.py --image FILE` writes one image of all.
The folder of generated code is put on the path of this virtual environment by a .pth file, so that
`import corebank.payments.v1.payments_pb2` works for the server and for a client alike.
"""

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

PROTOS = Path(__file__).resolve().parent
OUTPUT = PROTOS / "generated"


def common_protos() -> list[str]:
    """Import paths besides our own: protoc's well-known types and google.rpc."""
    import grpc_tools

    site = Path(sysconfig.get_path("purelib"))
    return [f"-I{PROTOS}", f"-I{Path(grpc_tools.__file__).parent / '_proto'}", f"-I{site}"]


def sources() -> list[str]:
    """Every proto of ours, relative to the folder of this file."""
    return sorted(str(path.relative_to(PROTOS)) for path in (PROTOS / "corebank").rglob("*.proto"))


def protoc(*arguments: str) -> None:
    """Run protoc from grpcio-tools; its messages go to the terminal."""
    command = [sys.executable, "-m", "grpc_tools.protoc", *common_protos(), *arguments, *sources()]
    subprocess.run(command, check=True, cwd=PROTOS)


def generate() -> None:
    """Write messages, services and type stubs, and make them importable."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    protoc(f"--python_out={OUTPUT}", f"--pyi_out={OUTPUT}", f"--grpc_python_out={OUTPUT}")
    pth = Path(sysconfig.get_path("purelib")) / "corebank_protos.pth"
    pth.write_text(f"{OUTPUT}\n")


def write_image(image: Path) -> None:
    """The protos as one image, with comments, for buf to lint or to compare."""
    protoc("--include_imports", "--include_source_info", f"-o{image.absolute()}")


def lint() -> None:
    """Style and documentation rules of buf (buf.yaml), on an image made by protoc: no network."""
    buf = Path(sys.executable).with_name("buf")
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.binpb"
        write_image(image)
        subprocess.run([buf, "lint", image], check=True, cwd=PROTOS)
    subprocess.run(
        [buf, "format", "--diff", "--exit-code", "--path", "corebank"], check=True, cwd=PROTOS
    )


if __name__ == "__main__":
    if "--image" in sys.argv:
        write_image(Path(sys.argv[-1]))
    elif "--lint" in sys.argv:
        lint()
    else:
        generate()
