//! What a pod's first container runs: nothing, for as long as the pod lives. Its process holds the namespaces
//! that the pod's other containers share.

fn main() {
    loop {
        std::thread::park();
    }
}
