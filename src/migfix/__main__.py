from migfix.cli import main

main()
