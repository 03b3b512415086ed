"""From a change set and the files of a commit to new contents: pure, all or nothing."""
