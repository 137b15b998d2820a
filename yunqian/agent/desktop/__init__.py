"""The client's own window on a desktop: a child process of Qt widgets (decision 30). Only here is Qt imported."""
