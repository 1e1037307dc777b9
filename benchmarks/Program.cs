using Omega.P2P.Benchmarks.Hashing;

if (args is ["hash", ..]) return HashMeasurement.Run(args[1..]);
if (args is ["hash-compare", ..]) return HashComparison.Run(args[1..]);
if (args is ["hash-kernels"]) return KernelMeasurement.Run();
BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
