"""The vocabulary of a spec file: which keys may stand where, and the closed lists of their values.

The loader, the JSON Schema and the error messages are all made from these tables. This module and
`features` need only the standard library, so adapters inside workers may import them.
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FILE_KEYS = {
    "title": "the rule that the file is about, in one sentence",
    "cites": "what the cases are drawn from: `doc`, `page` and `claim` entries",
    "level": "how binding the behaviour is; `must` where nothing is said",
    "needs": "features that a target must declare to run the cases",
    "given": "program that runs before step 1 of every case; it neither raises nor warns",
    "cases": "the cases, each with a permanent id",
}
CASE_KEYS = {
    "case": "permanent id of the case, words of a-z and 0-9 joined by `-`",
    "title": "what the case shows, in one sentence",
    "level": "as on the file, for this case",
    "cites": "as on the file, added to the file's",
    "needs": "as on the file, added to the file's",
    "params": "name to a list of values; the case runs once for each combination",
    "rows": "a list of mappings from names to plain data; the case runs once for each",
    "given": "as on the file, run after the file's",
    "compare": "tolerance for every floating value of the case: `ulp`, `rtol`, `atol`",
    "steps": "what is run, and what must be seen after it",
}
STEP_KEYS = {
    "run": "the program of this step",
    "expect": "expression to the value that it must give after the step",
    "raises": "the exception that the step must raise: `{Name: message}`",
    "warns": "the warnings that the step must give: a list of `{Name: message}`",
}
FILE_REQUIRED = ("cases",)
CASE_REQUIRED = ("case", "steps")
STEP_REQUIRED = ("run",)

CITE_KINDS = {
    "doc": "a documented symbol of torch, or one statement of its docstring: `torch.Tensor.backward#3`",
    "page": "a page listed in spec/sources/pages.yaml, or one rule of it: `notes/autograd#BWD-03`",
    "claim": "a claim of a ledger in spec/sources/, such as `001-03`",
}
LEVELS = {
    "must": "documented",
    "should": "documented as usual or recommended",
    "observed": "real but not documented; gated only against change",
}
TOLERANCES = {
    "ulp": "units in the last place of the observed dtype",
    "rtol": "allowed difference relative to the expected value",
    "atol": "allowed absolute difference",
}
VALUE_KEYS = {
    "value": "the literal",
    "dtype": "the dtype, such as `torch.float64`",
    "shape": "the shape, a list of sizes",
    **TOLERANCES,
}
CHOICES = {
    "one_of": "a list of expectations, one of which must hold",
    "per_device": "device type to expectation",
    "per_torch": "PEP 440 specifier to expectation; exactly one must match the torch version",
}
ROW_KEY = "row"
EXPECTATION_KEYS = {**VALUE_KEYS, ROW_KEY: "name of the row's entry that is expected", **CHOICES}

DTYPES = _words("""
    bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64
    complex32 complex64 complex128 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu
""")
DTYPE_ALIASES = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "cfloat": "complex64",
    "cdouble": "complex128",
    "chalf": "complex32",
}

DEVICE_TYPES = _words("""
    cpu cuda mps xpu xla meta mtia hpu vulkan 
    ipu ve maia lazy hip fpga opengl opencl ideep mkldnn privateuseone
""")
"""Device types that torch knows. Others are accepted (a backend may rename its own) unless they look
like a slip of the first two."""

DEVICE_MARKS = ("cpu", "cuda")
"""Devices of `{cpu:TEXT}` and `{cuda:TEXT}` inside an expected text."""

GIVEN_NAMES = ("torch", "device", "host", "accelerator")
"""Names that every program has and none binds."""

EXCEPTIONS = frozenset(
    _words("""
    ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError
    BrokenPipeError BufferError ChildProcessError ConnectionAbortedError ConnectionError
    ConnectionRefusedError ConnectionResetError EOFError Exception ExceptionGroup FileExistsError
    FileNotFoundError FloatingPointError GeneratorExit ImportError IndentationError IndexError
    InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
    ModuleNotFoundError NameError NotADirectoryError NotImplementedError OSError OverflowError
    PermissionError ProcessLookupError PythonFinalizationError RecursionError ReferenceError RuntimeError
    StopAsyncIteration StopIteration SyntaxError SystemError SystemExit TabError TimeoutError TypeError
    UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError ValueError
    ZeroDivisionError
    """)
)
"""Python's built-in exceptions, by the names their classes carry (`IOError` is an alias, so absent)."""

WARNINGS = frozenset(
    _words("""
    BytesWarning DeprecationWarning EncodingWarning FutureWarning ImportWarning PendingDeprecationWarning
    ResourceWarning RuntimeWarning SyntaxWarning UnicodeWarning UserWarning Warning
    """)
)
"""Python's built-in warnings."""

TORCH_EXCEPTIONS = {
    "AcceleratorError": "torch.AcceleratorError",
    "CheckpointError": "torch.utils.checkpoint.CheckpointError",
    "GradcheckError": "torch.autograd.gradcheck.GradcheckError",
    "OutOfMemoryError": "torch.OutOfMemoryError",
    "_LinAlgError": "torch.linalg.LinAlgError",
}
"""Exceptions of torch: the name that the class carries, and where torch has it."""

TORCH_WARNINGS = {"TracerWarning": "torch.jit.TracerWarning"}
"""Warnings of torch, likewise."""

RAISED_NAMES = EXCEPTIONS | WARNINGS | TORCH_EXCEPTIONS.keys() | TORCH_WARNINGS.keys()
WARNED_NAMES = WARNINGS | TORCH_WARNINGS.keys()

CASE_ID = r"[a-z0-9]+(-[a-z0-9]+)*"
CLAIM_ID = r"[0-9]{3}-N?[0-9]{2}"
SYMBOL = r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*"
PAGE_ID = r"[a-z0-9_]+([./-][a-z0-9_]+)*"
RULE_ID = r"[A-Z]+-[0-9]{2,3}"
STATEMENT = r"[1-9][0-9]{0,3}"
DOC_CITE = f"{SYMBOL}(#{STATEMENT})?"
PAGE_CITE = f"{PAGE_ID}(#{RULE_ID})?"
NAME = r"[A-Za-z][A-Za-z0-9_]*"
