using Omega.P2P.Benchmarks.Gossip;
using Omega.P2P.Benchmarks.Hashing;
using Omega.P2P.Benchmarks.Scale;
using Omega.P2P.Benchmarks.Storage;

if (args is ["hash", ..]) return HashMeasurement.Run(args[1..]);
if (args is ["hash-compare", ..]) return HashComparison.Run(args[1..]);
if (args is ["scale", ..]) return ScaleMeasurement.Run(args[1..]);
if (args is ["hash-kernels"]) return KernelMeasurement.Run();
if (args is ["store-writers", ..]) return WriterMeasurement.Run(args[1..]);
if (args is ["gossip", ..] && OperatingSystem.IsLinux()) return await GossipMeasurement.RunAsync(args[1..]);
BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(WriterMeasurement).Assembly).Run(args);
return 0;
