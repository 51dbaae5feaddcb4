"""Write the dashboards anew: `python -m deploy.grafana.source`."""

from deploy.grafana.source.every import HOME, files


def main() -> None:
    """Write every dashboard, and remove what is none any more."""
    written = files()
    for path in HOME.glob("*.json"):
        if path not in written:
            path.unlink()
    for path, content in written.items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
