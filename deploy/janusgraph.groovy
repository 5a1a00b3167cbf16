// Starts the Gremlin server of the embedded JanusGraph. It does in code what the server's settings
// cannot say: bind `g` without a script engine, and leave no way to have a script run.
import org.apache.tinkerpop.gremlin.jsr223.DefaultGremlinScriptEngineManager
import org.apache.tinkerpop.gremlin.server.GremlinServer
import org.apache.tinkerpop.gremlin.server.Settings
import org.apache.tinkerpop.gremlin.server.op.OpLoader

// Scripts and sessions: of the three kinds of request only bytecode keeps its processor.
OpLoader.@processors.keySet().retainAll(['traversal'])

def server = new GremlinServer(Settings.read(args[0]))
def executor = server.serverGremlinExecutor

// Lambdas inside bytecode are scripts too: no engine is left that could evaluate one.
def engines = DefaultGremlinScriptEngineManager.getDeclaredField('engineSpis')
engines.accessible = true
engines.get(executor.gremlinExecutor.scriptEngineManager).clear()

def graphs = executor.graphManager
graphs.putTraversalSource('g', graphs.getGraph('graph').traversal())
server.start().join()
