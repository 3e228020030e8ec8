"""`pip install .`: what is installed works anywhere, and lacks nothing."""

import zipfile

from support import posts


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(source, wheel):
    package = source / "sinanews"
    ours = {
        file.relative_to(source).as_posix()
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert names == ours
    assert "sinanews/novel/deeper/data/table.json" in names, "found without being listed"


def test_what_is_installed_is_found_outside_the_checkout(installed, project):
    found = installed.run("-c", "import sinanews; print(sinanews.__file__)", cwd=project)

    assert found.stdout.strip() == str(installed.packages / "sinanews" / "__init__.py")


def test_scrapy_knows_the_commands_in_a_folder_with_a_scrapy_cfg(installed, project):
    version = installed.scrapy("version", cwd=project)
    usage = installed.scrapy("-h", cwd=project)

    assert (version.returncode, version.stderr) == (0, "")
    assert version.stdout.startswith("Scrapy 2.")
    assert usage.stdout.startswith(f"{version.stdout.strip()} - active project: sinanews\n")
    assert {"harvest", "mirror"} <= {line.split()[0] for line in usage.stdout.split("\n  ")}


def test_the_installed_mirror_serves_the_installed_crawl_and_harvest(installed, project):
    with installed.mirror(project) as url:
        crawl = installed.harvest("crawl", "china", "-a", "limit=3", cwd=project, mirror=url)
        assert crawl.returncode == 0, crawl.stderr
        assert len(posts(project / "output")) == 3
        harvest = installed.harvest("harvest", "china", "-a", "limit=2", cwd=project, mirror=url)

    assert harvest.returncode == 0, harvest.stderr
    assert len(posts(project / "output")) == 3 + 2
