"""What `make fuzz` shows of the tests: how many examples, how slow, how much memory."""

collect_ignore = ["target.py"]  # needs atheris, which only `make fuzz` installs


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == "fuzzed" and report.when == "call":
                terminalreporter.write_line(text)
